"""A customer table in SQLite and a bucket beside it, described and filled."""

import json
from pathlib import Path

from tests.datasystems.beside import Beside
from tests.datasystems.s3_server import S3

FILE = """\
collections:
  - name: scan
    pattern: "customers/{number}/{file}"
    body: file
  - name: order
    pattern: "orders/{number}/{order}.json"
    body: json
    fields: {ticket: body.support.ticket, total: body.total, owner: metadata.owner}
  - name: ticket
    pattern: "tickets/{id}/log.json"
    body: json
    fields: {mail: body.mail}
    scan: true
"""
DATASET = """\
dataset:
  - fides_key: files
    x_console: {erase: delete}
    collections:
      - name: scan
        fields:
          - name: number
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - name: file
          - name: size
          - name: versions
          - name: content_type
          - name: body
      - name: order
        fields:
          - name: number
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - name: ticket
            fides_meta: {references: [{dataset: files, field: ticket.id, direction: to}]}
          - name: total
          - name: owner
      - name: ticket
        fields:
          - name: id
          - name: mail
            fides_meta: {identity: email}
"""


class Shelf(Beside):
    """A customer table, and a bucket with what the shop keeps of customers."""

    def __init__(self, folder: Path, server: S3, file: str = FILE, dataset: str = DATASET, url: str = "") -> None:
        super().__init__(folder, {"files": server.secret})
        self.server = server
        self.crm()
        self.add("files", f'connector: s3\nurl: "{url or server.url}"\nsecret: files\n', dataset, s3=file)
        self.load()

    def but(self, file: str = FILE, dataset: str = DATASET, url: str = "") -> "Shelf":
        """The same bucket described in other words."""
        return Shelf(self.folder.with_name("other"), self.server, file, dataset, url)

    def fill(self) -> None:
        for number, mail in (("K-1", "Ada@x.org"), ("K-2", "bob@x.org")):
            for name in ("pass.pdf", "2024/bill.pdf"):
                self.server.put(f"customers/{number}/{name}", b"%PDF " + mail.encode(), ContentType="application/pdf")
            order = {"total": 12.5, "support": {"ticket": f"T{number}"}}
            self.server.put(f"orders/{number}/77.json", json.dumps(order).encode(), Metadata={"owner": number})
            self.server.put(f"tickets/T{number}/log.json", json.dumps({"mail": "sales@x.org"}).encode())
            self.server.put(f"tickets/M{number}/log.json", json.dumps({"mail": mail}).encode())
        self.server.put("customers/K-10/pass.pdf", b"of another, whose number begins like Ada's")
        self.server.put("other/K-1/x", b"not ours")
