"""The service answers: a thin check that the assembled application reads and refuses."""

import io

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from app.main import create_app
from app.settings import Settings


def test_a_picture_is_read_and_rubbish_is_a_problem() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.zeros((56, 56), np.uint8)).save(stream, "PNG")
    with TestClient(create_app(Settings())) as client:
        kind = {"Content-Type": "image/png"}
        answer = client.post("/predict", content=stream.getvalue(), headers=kind)
        assert answer.status_code == 200
        assert answer.json()["digits"] == [None] * 4
        refused = client.post("/predict", content=b"rubbish", headers=kind)
        assert refused.status_code == 415
        assert refused.headers["content-type"] == "application/problem+json"
