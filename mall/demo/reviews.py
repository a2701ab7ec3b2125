"""What the demo shop's members say about what arrived: most are content, some wait to be read, a
few have an answer.
"""

import random
from datetime import timedelta

from catalog import reviews
from mall.core import clock
from mall.core.errors import DomainError
from orders.models import Order
from orders.reviews import lines as orders_reviews

SAYS, IS_READ, IS_ANSWERED = 0.6, 0.93, 0.3
READ_AFTER = timedelta(hours=3)
LINES = {
    5: (
        "比图片上还好看，包装也很用心，送给朋友她特别喜欢。",
        "用了几天才来评价，做工很细，完全没有异味，会再来换一个。",
        "攒了好久的积分换的，拿到手那一刻觉得签到没有白签！",
        "物流很快，第二天下午就到了。东西扎实，家里人都说好。",
        "已经是第二次兑换了，品质一直很稳定，推荐给还在犹豫的朋友。",
        "颜色很正，细节处理得很好，放在桌上每天看着都开心。",
        "性价比很高，同样的东西外面要贵不少，积分花得值。",
        "The quality surprised me, and it arrived a day early. I will come back for another one.",
    ),
    4: (
        "整体满意，就是盒子有一点点压痕，不影响使用。",
        "东西不错，比想象中小一些，建议看好尺寸再换。",
        "用起来很顺手，如果颜色能再多几种就更好了。",
        "质感很好，说明书要是再清楚一点就满分了。",
        "Nice and useful. The box had a small dent, the thing itself is perfect.",
    ),
    3: (
        "中规中矩吧，和描述差不多，没有特别惊喜的地方。",
        "能用，但是手感比我预期的轻了一些，凑合。",
    ),
    2: ("等了五天才到，外包装破了一个角，希望以后发货能快一点。",),
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
    for line in order.lines.order_by("pk"):
        if luck.random() > SAYS:
            continue
        stars = luck.choices(STARS, HOW_OFTEN)[0]
        try:
            review = orders_reviews.write(
                order.user, no=order.no, line=line.pk, stars=stars, text=luck.choice(LINES[stars])
            )
        except DomainError:
            continue  # sent back, or reviewed by hand meanwhile
        if luck.random() < IS_READ:
            story.then(
                clock.now() + READ_AFTER, read, review.pk, luck.random() < IS_ANSWERED or stars < 4
            )


def read(review_id, is_answered) -> None:
    """Publish a review, with a word of the shop where one is due."""
    review = reviews.publish(
        reviews.Review.objects.select_related("product").get(pk=review_id), actor=None
    )
    if is_answered:
        reviews.answer(review, actor=None, text=ANSWERS[review.stars])
