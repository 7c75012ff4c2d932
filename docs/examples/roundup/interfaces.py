"""What Roundup's REST interface lacks for an erasure: goes into the tracker's home as `interfaces.py`.

POST …/rest/purge/CLASS/ID   the item goes for good: its row, its journal, its file, its words in the index
POST …/rest/forget/CLASS/ID  new values, and the journal that still holds the old ones goes
"""

from roundup.exceptions import Unauthorised
from roundup.rest import Routing, _data_decorator


def _begin(rest, class_name, item_id, payload):
    if not rest.db.security.hasPermission("Retire", rest.db.getuid(), class_name, itemid=item_id):
        raise Unauthorised(f"may not erase a {class_name}")
    rest.raise_if_no_etag(class_name, item_id, payload)
    if rest.db.config.RDBMS_BACKEND == "sqlite":
        rest.db.sql("PRAGMA secure_delete=ON")  # else SQLite keeps the old text in free pages
    return rest.db.getclass(class_name)


def _forget(rest, class_name, item_id):
    table = f"{class_name}__journal"  # Roundup knows the class: `_begin` asked for it
    rest.db.sql(f"delete from {table} where nodeid={rest.db.arg}", (item_id,))  # noqa: S608


def _reindex(rest):
    """An index marks what was taken out and keeps the words: written anew, they are gone."""
    rest.db.sql("select name from sqlite_master where name='__fts'")
    if rest.db.cursor.fetchone():
        rest.db.sql("insert into __fts(__fts) values('optimize')")


class RestfulInstance:
    @Routing.route("/purge/<:class_name>/<:item_id>", "POST")
    @_data_decorator
    def purge(self, class_name, item_id, input_payload):
        cl = _begin(self, class_name, item_id, input_payload)
        for issue in self.db.issue.find(**{"messages" if class_name == "msg" else "files": item_id}):
            kind = "messages" if class_name == "msg" else "files"
            self.db.issue.set(issue, **{kind: [one for one in self.db.issue.get(issue, kind) if one != item_id]})
        self.db.indexer.add_text((class_name, item_id, "content"), "")
        cl.destroy(item_id)
        _reindex(self)
        self.db.commit()
        return 200, {"status": "ok"}

    @Routing.route("/forget/<:class_name>/<:item_id>", "POST")
    @_data_decorator
    def forget(self, class_name, item_id, input_payload):
        cl = _begin(self, class_name, item_id, input_payload)
        cl.set(item_id, **self.props_from_args(cl, input_payload.value, item_id))
        _forget(self, class_name, item_id)
        _reindex(self)
        self.db.commit()
        return 200, {"status": "ok"}
