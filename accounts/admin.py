"""The back office's view of members and groups, and its door: the same sign-in as everybody's."""

from functools import wraps

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import consent_admin, identity_admin, roles, tokens  # noqa: F401
from accounts.models import User
from accounts.privacy import mask_email
from accounts.registration import admit
from accounts.role_forms import PermissionsField, RolesField, permissions_of_the_rooms
from mall.core import audit, second_factor
from mall.core.admin.model_admin import ModelAdmin

ACCESS = ("is_active", "is_staff", "is_superuser")

for model in (
    Group,
    EmailAddress,
    SocialAccount,
    SocialApp,
    SocialToken,
    Authenticator,
    UserSession,
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


# --- the door ----------------------------------------------------------------
def _guarded(sign_in):
    """Send staff through the shop's own sign-in (limits, second factor), never through Django's."""

    @wraps(sign_in)
    def door(request, *args, **kwargs):
        if request.user.is_authenticated and second_factor.is_missing(request.user):
            messages.warning(
                request,
                _("Please set up a second step for signing in first: staff accounts need one."),
            )
            return redirect("mfa_activate_totp")
        return secure_admin_login(sign_in)(request, *args, **kwargs)

    return door


def _may_work_here(request):
    user = request.user
    return user.is_active and user.is_staff and not second_factor.is_missing(user)


admin.site.login = _guarded(admin.site.login)
admin.site.has_permission = _may_work_here


# --- members -----------------------------------------------------------------
def _access_of(member, form=None) -> dict:
    """Return what lets a member in and how far; of a ``form`` already saved, what stood before."""
    flags = {
        name: form.initial[name] if form and name in form.initial else getattr(member, name)
        for name in ACCESS
    }
    return {**flags, "roles": sorted(group.name for group in member.groups.all())}


class NewMemberForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email")


class MemberForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class MemberAdmin(DjangoUserAdmin, ModelAdmin):
    """Members: look up, open and close, give roles. Names, addresses and e-mails stay covered."""

    form = MemberForm
    add_form = NewMemberForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "nickname", "covered_email", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "groups", "date_joined")
    search_fields = ("=email", "^username")
    search_help_text = _("Beginning of a username, or a whole e-mail")
    ordering = ("-pk",)
    readonly_fields = (
        "username",
        "covered_email",
        "birthday",
        "points_account",
        "all_of_it",
        "last_login",
        "date_joined",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "nickname",
                    "covered_email",
                    "birthday",
                    "points_account",
                    "all_of_it",
                )
            },
        ),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "password")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )
    filter_horizontal = ()
    actions_detail = ["reveal_email"]

    @display(description=_("e-mail"))
    def covered_email(self, member):
        return mask_email(member.mailbox)

    @display(description=_("Points account"))
    def points_account(self, member):
        # By name, not by import: points stands above accounts.
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:points_pointaccount_change", args=[member.pk]),
            _("Open the points account"),
        )

    @display(description=_("Everything of this member"))
    def all_of_it(self, member):
        # By name: the page stands on the roof.
        address = reverse("member_page", args=[member.pk])
        words = _("Orders, points, coupons, cases and notes")
        return format_html('<a class="underline" href="{}">{}</a>', address, words)

    @action(description=_("Show the e-mail"), url_path="reveal-email", permissions=["reveal"])
    def reveal_email(self, request, object_id):
        """Uncover one e-mail; that it was looked at stays in the audit log."""
        member = self.get_object(request, object_id)
        audit.note(request.user, "accounts.reveal_email", target=f"accounts.user:{member.pk}")
        messages.info(request, member.mailbox or "—")
        return redirect("admin:accounts_user_change", member.pk)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            label, queryset = _("roles"), Group.objects.order_by("pk")
            return RolesField(
                queryset,
                label=label,
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_reveal_permission(self, request, object_id=None):
        return request.user.has_perm("accounts.reveal_personal")

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if obj is None:
            return ()
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request, obj=None):
        may_touch = request.user.is_superuser or obj is None or not obj.is_superuser
        return may_touch and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False  # the ledger keeps its members; a person is anonymised, an account is closed

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
        else:
            admit(obj)

    def log_change(self, request, obj, message):
        """Whatever was changed, a password too: their tokens are looked at again."""
        tokens.doubt(obj.pk)
        return super().log_change(request, obj, message)

    def save_related(self, request, form, formsets, change):
        """Write down who may now do what: a role decides about other people's points."""
        before = _access_of(User.objects.get(pk=form.instance.pk), form) if change else {}
        super().save_related(request, form, formsets, change)
        after = _access_of(form.instance)
        if change and before != after:
            audit.note(
                request.user,
                "accounts.access_change",
                target=f"accounts.user:{form.instance.pk}",
                before=before,
                after=after,
            )


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles as groups; the six of the house are brought up to date after every migrate."""

    is_short = True
    list_display = ("name", "meaning")
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return PermissionsField(
            permissions_of_the_rooms(),
            label=_("permissions"),
            required=False,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
        )

    def save_related(self, request, form, formsets, change):
        """Keep the permissions that the list on the page does not show."""
        outside = (
            list(form.instance.permissions.exclude(pk__in=permissions_of_the_rooms().values("pk")))
            if change
            else []
        )
        before = (
            sorted(form.instance.permissions.values_list("codename", flat=True)) if change else []
        )
        super().save_related(request, form, formsets, change)
        form.instance.permissions.add(*outside)
        after = sorted(form.instance.permissions.values_list("codename", flat=True))
        if before != after:
            told = {
                "taken": sorted(set(before) - set(after)),
                "given": sorted(set(after) - set(before)),
            }
            audit.note(request.user, "accounts.role_change", target=form.instance, after=told)

    @display(description=_("role"))
    def meaning(self, group):
        return roles.NAMES.get(group.name, "")


@admin.register(SocialApp)
class SocialAppAdmin(ModelAdmin):
    """Keys of sign-in providers; WeChat appears on the sign-in page once it has its keys here."""

    is_short = True
    list_display = ("name", "provider")


@admin.register(Authenticator)
class SecondFactorAdmin(ModelAdmin):
    """Second factors; removing one lets a member of staff who lost the phone set up a new one."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
