"""The carriers a shop in China knows; which of them it offers, in what order and under which
address is the operator's.
"""

from django.db import migrations

# code, Chinese and English name, what the public page for any carrier's parcels calls it
CARRIERS = [
    ("sf", "顺丰速运", "SF Express", "shunfeng"),
    ("zto", "中通快递", "ZTO Express", "zhongtong"),
    ("yto", "圆通速递", "YTO Express", "yuantong"),
    ("sto", "申通快递", "STO Express", "shentong"),
    ("yunda", "韵达快递", "Yunda Express", "yunda"),
    ("jt", "极兔速递", "J&T Express", "jtexpress"),
    ("jd", "京东物流", "JD Logistics", "jd"),
    ("ems", "邮政EMS", "EMS", "ems"),
    ("post", "邮政快递包裹", "China Post", "youzhengguonei"),
    ("deppon", "德邦快递", "Deppon Express", "debangkuaidi"),
]
ADDRESS = "https://www.kuaidi100.com/chaxun?com={}&nu={{number}}"


def add(apps, schema_editor):
    carriers = apps.get_model("orders", "Carrier").objects.using(schema_editor.connection.alias)
    carriers.bulk_create(
        carriers.model(
            code=code,
            name=zh,
            name_zh_hans=zh,
            name_en=en,
            tracking_url=ADDRESS.format(word),
            position=place * 10,
        )
        for place, (code, zh, en, word) in enumerate(CARRIERS, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_carriers_and_marks")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
