"""People's names in Chinese: what tells a recipient from a building when an address is read."""

import re

SINGLE = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余"
    "潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊"
    "兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜肖詹关苗"
    "凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚"
    "丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花"
    "仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺閆闫"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許蘇盧蔣賈葉閻餘鍾譚鄒陸龍萬錢湯賴龐蘭顏嚴溫盧韋畢聶齊莊關費紀項衛單歐"
)
DOUBLE = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 "
    "濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 令狐 歐陽 司馬 諸葛".split()
)
HAN = r"\u3400-\u9fff"
_PLACE = re.compile(
    r"[\d路街道巷弄号號楼樓栋棟幢室层層单元村镇鎮乡鄉组园苑城寓厦廈场場院店站区區县縣市省旗盟州]|大道|广场|"
    r"中心|公司|学校|大学|小学|中学|医院|超市|银行|花园|新村|家园|公寓|集团|工厂|酒店|宾馆|楼上|附近|对面|"
    r"旁边|门面|东门|西门|南门|北门|工业|科技|开发"
)
_TITLE = re.compile(r"(?:先生|女士|小姐|太太|老师|经理|师傅|同学|阿姨|医生)$")
_RECEIVES = re.compile(r"\s*(?:[\(\[]?\s*(?:收|启|亲收)\s*[\)\]]?)$")
_NAME = re.compile(rf"[{HAN}]{{2,4}}|[{HAN}]{{1,4}}(?:先生|女士|小姐|太太|老师)|[{HAN}]+·[{HAN}·]+")
_UNIT = "号號室楼樓栋棟幢层層座户元"
_AT_THE_END = re.compile(rf"(?<=[{_UNIT}\d])((?![{_UNIT}])[{HAN}]{{2,4}})$")


def is_name(words) -> bool:
    """Whether words are a person's name: a surname and up to three signs, or a title."""
    if not _NAME.fullmatch(words):
        return False
    if _TITLE.search(words) or "·" in words:
        return True
    return not _PLACE.search(words) and (words[:1] in SINGLE or words[:2] in DOUBLE)


def clean(words) -> str:
    """Return a name without what says that its owner receives something: 张三（收）."""
    return _RECEIVES.sub("", words).strip()


def at_the_end(words) -> str:
    """Return the name that ends the words right behind a number: 科技园路1号张三; else nothing."""
    found = _AT_THE_END.search(clean(words))
    return found[1] if found and is_name(found[1]) else ""
