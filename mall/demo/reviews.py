"""What the demo shop's members say about what arrived: most are content, some wait to be read, a
few have an answer.
"""

import random
from datetime import timedelta
from functools import cache

from catalog import reviews
from catalog.models import Product
from mall.core import clock
from mall.core.errors import DomainError
from mall.demo import shop
from orders.models import Order
from orders.reviews import lines as orders_reviews

SAYS, IS_READ, IS_ANSWERED = 0.6, 0.93, 0.3
OF_THE_GOODS = 0.7  # how often what is said is about these goods (goods/*.toml) and no others
READ_AFTER = timedelta(hours=3)
# What may be said of all that is sent by post.
OF_A_PARCEL = {
    5: (
        "攒了好久的积分换的，拿到手那一刻觉得签到没有白签！",
        "物流很快，第二天下午就到了，家里人都说好。",
        "已经是第二次兑换了，品质一直很稳定，推荐给还在犹豫的朋友。",
        "很好，会再来。",
        "The quality surprised me, and it arrived a day early. I will come back for another one.",
    ),
    4: (
        "整体满意，就是盒子有一点点压痕，不影响使用。",
        "东西不错，比想象中小一些，建议看好尺寸再换。",
        "Nice and useful. The box had a small dent, the thing itself is perfect.",
    ),
    3: ("中规中矩吧，和描述差不多，没有特别惊喜的地方。",),
    2: ("等了五天才到，外包装破了一个角，希望以后发货能快一点。",),
}
# And of what comes as a code.
OF_A_CODE = {
    5: (
        "兑换完券码马上就到，门店一扫就好，没有任何套路。",
        "积分换的，等于白拿，下个月还来。",
        "Straight into my account, no fuss.",
    ),
    4: ("到账很快，使用说明可以再写清楚一点。", "好用，有效期再长一些就更好了。"),
    3: ("能用，但是要先下载他们的应用，步骤有点多。",),
    2: ("第一次扫码没反应，联系客服重发了一次才用上。",),
}
STARS = (5, 4, 3, 2)
HOW_OFTEN = (62, 26, 9, 3)
ANSWERS = {
    5: "谢谢您的喜欢，期待下次再见！",
    4: "谢谢您的建议，我们已经转告给伙伴啦。",
    3: "谢谢您的真实反馈，我们会继续改进。",
    2: "非常抱歉让您久等了，我们已经和快递核实，补偿积分已到账。",
}


def plan(story, order_id: int) -> None:
    """Let whoever received an order find words for it within two days."""
    told = Order.objects.select_related("user").get(pk=order_id)
    # not its number: the same shop each time
    luck = random.Random(f"review:{told.user.username}:{told.key}")
    story.then(
        clock.now() + timedelta(minutes=luck.randrange(30, 2 * 24 * 60)), say, story, order_id, luck
    )


def say(story, order_id, luck) -> None:
    """Review the lines of an order that somebody has words for, and plan the shop's reading of
    them.
    """
    order = Order.objects.select_related("user").get(pk=order_id)
    for line in order.lines.select_related("sku__product").order_by("pk"):
        if luck.random() > SAYS:
            continue
        stars, text = _words(line, luck)
        try:
            review = orders_reviews.write(
                order.user, no=order.no, line=line.pk, stars=stars, text=text
            )
        except DomainError:
            continue  # sent back, or reviewed by hand meanwhile
        if luck.random() < IS_READ:
            story.then(
                clock.now() + READ_AFTER, read, review.pk, luck.random() < IS_ANSWERED or stars < 4
            )


def _words(line, luck) -> tuple[int, str]:
    """Return stars and words for what somebody received: about just these goods where nobody has
    said so yet, else about what comes the same way.
    """
    product = line.sku.product
    heard = set(reviews.Review.objects.filter(product=product).values_list("text", flat=True))
    own = [said for said in _said().get(product.name_zh_hans, ()) if said[1] not in heard]
    if own and luck.random() < OF_THE_GOODS:
        return luck.choice(own)
    stars = luck.choices(STARS, HOW_OFTEN)[0]
    usual = (OF_A_PARCEL if product.kind == Product.Kind.PHYSICAL else OF_A_CODE)[stars]
    return stars, luck.choice([text for text in usual if text not in heard] or usual)


@cache
def _said() -> dict[str, list[tuple[int, str]]]:
    return {
        goods["zh"]["name"]: [(said["stars"], said["text"]) for said in goods["said"]]
        for shelf in shop.read_goods()
        for goods in shelf["product"]
    }


def read(review_id, is_answered) -> None:
    """Publish a review, with a word of the shop where one is due."""
    review = reviews.publish(
        reviews.Review.objects.select_related("product").get(pk=review_id), actor=None
    )
    if is_answered:
        reviews.answer(review, actor=None, text=ANSWERS[review.stars])
