"""Daily bills as the providers write them: Alipay's "business details", a ZIP of CSV in GB18030
with lines of remarks around the table; WeChat Pay's "all trades", CSV whose cells begin with a
backtick and that ends in a table of sums. Columns are found by their headings.
"""

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from mall.core.money import ZERO
from mall.core.tables import values
from mall.core.tables.columns import Column
from mall.core.tables.errors import BadCell, UnreadableTable
from mall.core.tables.reader import open_table
from orders.models import BillDifference
from orders.payments import wording
from orders.payments.messages import BILL_BYTES

SUM_MAX = Decimal("999999999999.99")  # of a day, as the columns of a bill hold it
ALIPAY_ACCOUNT = re.compile(r"#\s*账号：\[([0-9]+)")
OUR_PLAIN_NUMBER = re.compile(r"20[0-9]{6}[0-9A-Z]{13}\Z")
PAYMENT, REFUND = BillDifference.Subject.PAYMENT, BillDifference.Subject.REFUND

ALIPAY = (
    Column("provider_ref", ("支付宝交易号",), required=True, is_code=True),
    Column("no", ("商户订单号",), required=True, is_code=True),
    Column("kind", ("业务类型",), required=True),
    Column("at", ("完成时间",), required=True),
    Column("amount", ("订单金额（元）",), required=True),
    Column("refund_no", ("退款批次号/请求号|退款批次号",), required=True, is_code=True),
    Column("fee", ("服务费（元）",)),
)
ALIPAY_KINDS = {"交易": PAYMENT, "退款": REFUND}
WECHAT = (
    Column("at", ("交易时间",), required=True),
    Column("merchant", ("商户号",), required=True, is_code=True),
    Column("provider_ref", ("微信订单号",), required=True, is_code=True),
    Column("no", ("商户订单号",), required=True, is_code=True),
    Column("state", ("交易状态",), required=True),
    Column("amount", ("订单金额",), required=True),
    Column("refund_no", ("商户退款单号",), required=True, is_code=True),
    Column("refunded", ("申请退款金额",), required=True),
    Column("fee", ("手续费",)),
)
WECHAT_STATES = {"SUCCESS": PAYMENT, "REFUND": REFUND}
WECHAT_SUMS = "总交易单数"


@dataclass(frozen=True, slots=True)
class Line:
    """One payment or refund of a bill; ``no`` is our number where it is one of ours."""

    subject: str
    no: str
    provider_ref: str
    amount: Decimal
    fee: Decimal
    day: date


def read(provider: str, content: bytes, day: date) -> list[Line]:
    """Return the payments and refunds of a provider's bill of a shop day; of an empty file none.

    What a bill tells twice of one number is one line of both amounts: that is what it adds up to.
    Raises: UnreadableTable (no bill of this provider, of another day or merchant, or with a line
    that cannot be right).
    """
    if provider not in READERS:
        raise UnreadableTable(_("This provider writes no bills."))
    if len(content) > BILL_BYTES:
        raise UnreadableTable(_("This file is too large for a daily bill."))
    lines = READERS[provider](content) if content else []
    if lines and all(line.day != day for line in lines):
        raise UnreadableTable(
            _("This is the bill of %(found)s, not of %(day)s.")
            % {"found": lines[0].day.isoformat(), "day": day.isoformat()}
        )
    if sum((line.amount for line in lines), ZERO) > SUM_MAX:
        raise UnreadableTable(_("The amounts of this file are too large for a daily bill."))
    return _once(lines)


def _once(lines) -> list[Line]:
    """Return the lines with each number of the provider once."""
    found: dict[tuple, Line] = {}
    for line in lines:
        key = line.subject, line.no, line.provider_ref
        if key in found:
            amount, fee = found[key].amount + line.amount, found[key].fee + line.fee
            line = replace(line, amount=amount, fee=fee)
        found[key] = line
    return list(found.values())


def _checked(amount: Decimal, *, least: Decimal = ZERO) -> Decimal:
    """Return an amount that a payment or refund may have. Raises: BadCell."""
    if not least <= amount <= wording.LARGEST_AMOUNT:
        raise BadCell(_("not an amount such as 12.50"))
    return amount


def _check_merchant(found: str, ours: str) -> None:
    """Raises: UnreadableTable where a bill is somebody else's."""
    if found != ours:
        raise UnreadableTable(
            _("This is the bill of another merchant: %(no)s.") % {"no": found[:20]}
        )


# --- Alipay --------------------------------------------------------------------------
def _alipay(content):
    for text in _files(content):
        account, seller = ALIPAY_ACCOUNT.search(text), settings.PAYMENT_ALIPAY.get("seller_id")
        if account and seller:  # its account is the seller's number and four digits of a kind
            _check_merchant(account[1][: len(seller)], seller)
        table = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if table and "业务类型" in table[0] and "商户订单号" in table[0]:
            return _rows("\n".join(table), ALIPAY, _alipay_line)
    raise UnreadableTable(
        _("This file holds no list of single trades. Please take the whole ZIP from Alipay.")
    )


def _files(content):
    """Yield the texts of a ZIP, or the one text there is. The names in it are nobody's encoding."""
    if not content.startswith(b"PK\x03\x04"):
        yield _text(content)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > BILL_BYTES:
                raise UnreadableTable(_("This file is too large for a daily bill."))
            for one in packed.infolist():
                yield _text(packed.read(one))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError) as error:
        raise UnreadableTable(_("This ZIP is damaged. Please download it again.")) from error


def _text(content):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableTable


def _alipay_line(cells):
    subject = ALIPAY_KINDS.get(cells["kind"])
    if subject is None:
        return None
    # what was sent back by hand may have no number of a refund
    no = (subject == REFUND and cells["refund_no"]) or cells["no"] or cells["provider_ref"]
    amount = values.decimal(cells["amount"])  # of a refund it is negative
    return Line(
        subject=subject,
        no=wording.own_number(no) if OUR_PLAIN_NUMBER.match(no) else no,
        provider_ref=cells["provider_ref"],
        amount=_checked(-amount if subject == REFUND else amount),
        fee=_fee(cells),
        day=values.moment(cells["at"]).date(),
    )


# --- WeChat Pay ------------------------------------------------------------------------
def _wechat(content):
    """Cells are told apart by the backtick, so that a comma in the name of goods moves nothing."""
    written = io.StringIO()
    writer = csv.writer(written)
    for number, line in enumerate(_text(content).splitlines()):
        if line.startswith(WECHAT_SUMS):
            break
        if line.strip():
            writer.writerow(line.lstrip("`").split(",`") if number else line.split(","))
    return _rows(written.getvalue(), WECHAT, _wechat_line)


def _wechat_line(cells):
    merchant = cells["merchant"]
    _check_merchant(merchant, settings.PAYMENT_WECHAT.get("mchid", merchant))
    subject = WECHAT_STATES.get(cells["state"])
    if subject is None:
        return None
    is_refund = subject == REFUND
    return Line(
        subject=subject,
        no=cells["refund_no"] if is_refund else cells["no"],
        provider_ref=cells["provider_ref"],
        amount=_checked(values.decimal(cells["refunded" if is_refund else "amount"])),
        fee=_fee(cells),
        day=values.moment(cells["at"]).date(),
    )


READERS = {"alipay": _alipay, "wechat": _wechat}


def _rows(text, columns, line_of):
    found = []
    for row in open_table(text.encode(), columns, encoding="utf-8"):
        try:
            if row.fault:  # a spreadsheet rounded its numbers, say: they would match nothing
                raise BadCell(row.fault)
            line = line_of(row.cells)
            if line is not None and not (1 <= len(line.no) <= 64 and len(line.provider_ref) <= 64):
                raise BadCell(_("no number"))
        except BadCell as fault:
            raise UnreadableTable(
                _("Line %(line)s: %(error)s") % {"line": row.line, "error": fault}
            ) from None
        found += [line] if line is not None else []
    return found


def _fee(cells):
    fee = values.decimal(cells["fee"]) if cells["fee"] else ZERO
    return _checked(fee, least=-wording.LARGEST_AMOUNT)
