"""Resolution put together as it runs."""

from pathlib import Path

import httpx
from pydantic import SecretStr

from builders_resolution import PLAYBOOKS
from chassis.service import create_app
from chassis.signing import write_new_key
from conftest import EngineFor
from identities import AUDIENCE, ISSUER, Identities
from resolution.main import build
from resolution.settings import Settings


class TestBuild:
    async def test_makes_a_service_that_is_ready(
        self, engine_for: EngineFor, tmp_path: Path
    ) -> None:
        engine = await engine_for("resolution")
        key, tag_key = tmp_path / "signing.key", tmp_path / "tag.key"
        write_new_key(key)
        tag_key.write_bytes(bytes(32))
        tag_key.chmod(0o600)
        settings = Settings(
            database_url=SecretStr(engine.url.render_as_string(hide_password=False)),
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks_url="http://issuer.test/jwks.json",
            signing_key_file=key,
            tag_key_file=tag_key,
            data=tmp_path,
            playbooks=PLAYBOOKS,
            role="api",
        )
        identities = Identities()
        app = create_app(build(settings), settings, verifier=identities.verifier())

        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://resolution.test"
            ) as client,
        ):
            ready = await client.get("/readyz")
            unknown = await client.get(
                "/v1/cases/case_00000000000000000000000001", headers=identities.headers("mara")
            )

        assert ready.status_code == 200
        assert unknown.status_code == 404
