"""The files that docs/connectors.md shows for S3 and Redis are ones that the program reads."""

import re
from pathlib import Path

import pytest

from services import strict_yaml
from services.connectors.redis_file import RedisFile
from services.connectors.s3_file import S3File
from services.errors import BadInput

DOCS = Path(__file__).parents[2] / "docs" / "connectors.md"


def shown(name: str) -> str:
    """The block of the docs that begins with the file's name."""
    (block,) = re.findall(rf"```yaml\n# {re.escape(name)}\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    return str(block)


@pytest.mark.parametrize(("name", "schema"), [("s3.yml", S3File), ("redis.yml", RedisFile)])
def test_an_example_of_the_docs_is_read(name: str, schema: type[S3File | RedisFile]) -> None:
    file = strict_yaml.parse(shown(name), schema)
    for place in file.collections:
        assert not [fault for path in place.fields.values() if (fault := place.field_fault(str(path)))]
    with pytest.raises(BadInput):
        strict_yaml.parse(shown(name).replace("pattern:", "patern:"), schema)
