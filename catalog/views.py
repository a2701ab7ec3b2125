"""The shelves as pages."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render

from catalog.models import Product


@login_not_required
def product_list(request):
    return render(request, "catalog/list.html", {"products": Product.objects.for_sale()})


@login_not_required
def product_detail(request, product_id):
    return render(request, "catalog/detail.html", {"product": get_object_or_404(Product.objects.for_sale(), pk=product_id)})
