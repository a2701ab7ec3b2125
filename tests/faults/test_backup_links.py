"""A server with a certificate of its own: dump, load and shop trust it as far as the URL says, and
no further.
"""

import re
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from socket import socket

import MySQLdb
import pytest

from mall.backups import BackupError
from mall.backups.databases import named
from mall.backups.programs import Program, running
from tests.services import Server, start_mariadb

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db]
SUBJECT = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]


def make_certificate(folder, name):
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *SUBJECT]
    subprocess.run(
        [*make, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def server():
    """A MariaDB that takes encrypted links only, with its own certificate and a small database."""
    with tempfile.TemporaryDirectory(prefix="tls", dir="/tmp") as where, closing(socket()) as free:
        folder = Path(where)
        make_certificate(folder, "own")
        make_certificate(folder, "other")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        plain = start_mariadb(folder)
        plain.kill()
        network = [
            "--skip-networking=0",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--require-secure-transport=ON",
        ]
        secure = [
            f"--ssl-ca={folder}/own.pem",
            f"--ssl-cert={folder}/own.pem",
            f"--ssl-key={folder}/own.key",
        ]
        made = Server("mariadbd", [*plain.command, *network, *secure], log=folder / "log")
        made.folder, made.port = folder, port
        made.wait_until(lambda: _prepared(folder / "db.sock"))
        with closing(MySQLdb.connect(unix_socket=f"{folder}/db.sock", user="root")) as opened:
            made.version = opened.get_server_info()
        yield made
        made.kill()


def _prepared(path):
    try:
        with (
            closing(MySQLdb.connect(unix_socket=str(path), user="root")) as opened,
            closing(opened.cursor()) as cursor,
        ):
            cursor.execute("CREATE DATABASE small")
            cursor.execute("CREATE DATABASE back")
            cursor.execute("CREATE TABLE small.things (id INT PRIMARY KEY)")
            cursor.execute("INSERT INTO small.things VALUES (1), (2)")
            cursor.execute("CREATE USER 'keeper'@'%' IDENTIFIED BY 'a-password'")
            cursor.execute("GRANT ALL ON *.* TO 'keeper'@'%'")
    except MySQLdb.Error:
        return False
    return True


def link(server, name, query):
    return named(
        f"mysql://keeper:a-password@127.0.0.1:{server.port}/{name}?{query.format(server.folder)}"
    )


@pytest.mark.parametrize(
    "query",
    ["ssl_mode=REQUIRED", "ssl_ca={}/own.pem", "ssl_ca={}/own.pem&ssl_mode=VERIFY_IDENTITY"],
)
def test_dump_and_load_when_the_url_trusts_the_server_then_both_work(server, tmp_path, query):
    shop, back = link(server, "small", query), link(server, "back", query)

    facts = shop.dump(tmp_path, progress=False)
    back.load(tmp_path / facts["file"])
    found = back.contents()
    back.clear()

    assert found["tables"] == facts["tables"]
    assert found["rows"] == 2
    assert back.is_empty()


def proves_by_password(server):
    """Whether the password's exchange proves the server's certificate (MariaDB from 11.4 on both
    sides, "zero-configuration TLS"): then VERIFY_CA needs no file.
    """
    program = Program("mariadb-dump", "mysqldump")
    sides = (program.version, server.version)
    return program.is_mariadb and all(
        tuple(map(int, re.search(r"(\d+)\.(\d+)\.\d+-MariaDB", said).groups())) >= (11, 4)
        for said in sides
    )


@pytest.mark.parametrize("query", ["ssl_ca={}/other.pem", "ssl_ca=/nowhere/ca.pem"])
def test_dump_when_the_url_does_not_trust_the_server_then_the_mend_is_named(
    server, tmp_path, query
):
    shop = link(server, "small", query)

    with pytest.raises(BackupError, match=r"\?ssl_ca=.*\?ssl_mode=REQUIRED"):
        shop.dump(tmp_path, progress=False)

    assert [path for path in tmp_path.iterdir() if path.stat().st_size] == []


def test_dump_when_no_file_vouches_for_the_server_then_only_the_password_can(server, tmp_path):
    shop = link(server, "small", "ssl_mode=VERIFY_CA")

    if proves_by_password(server):
        assert shop.dump(tmp_path, progress=False)["rows"] == 2
    else:
        with pytest.raises(BackupError, match=r"\?ssl_ca=.*\?ssl_mode=REQUIRED"):
            shop.dump(tmp_path, progress=False)


@pytest.mark.parametrize("query", ["ssl_ca={}/other.pem", "ssl_mode=VERIFY_CA"])
def test_programs_when_the_url_does_not_trust_the_server_then_they_do_not_either(server, query):
    """Not only the shop's own connection, which speaks first: the client program refuses by
    itself.
    """
    if query == "ssl_mode=VERIFY_CA" and proves_by_password(server):
        pytest.skip("the password proves the certificate")
    program, config = Program("mariadb-dump", "mysqldump"), link(server, "small", query).config

    with (
        pytest.raises(BackupError, match=r"\?ssl_mode=REQUIRED"),
        running(program, config, "small", stdout=subprocess.DEVNULL),
    ):
        pass
