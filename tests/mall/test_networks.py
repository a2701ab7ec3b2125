"""Whom an address stands for when strangers are counted."""

import pytest

from mall.core.networks import neighbourhood_of, network_of, plain


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_network_of_when_asked_then_ipv4_alone_and_ipv6_by_64(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.200", "192.0.2.0/24"),
        ("192.0.3.7", "192.0.3.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_neighbourhood_of_when_asked_then_ipv4_by_24_and_ipv6_by_48(address, network):
    assert neighbourhood_of(address) == network


@pytest.mark.parametrize(
    ("address", "shown"),
    [("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::9", "2001:db8:1:2::9"), ("unix:", "unix:")],
)
def test_plain_when_asked_then_the_whole_address(address, shown):
    assert plain(address) == shown
