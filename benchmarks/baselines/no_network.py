"""FastAPI that receives and decodes a picture but runs no network: an upper bound.

uvicorn benchmarks.baselines.no_network:app
"""

import io

import numpy as np
from fastapi import FastAPI, UploadFile
from PIL import Image

app = FastAPI()


@app.post("/predict")
async def predict(file: UploadFile) -> dict[str, object]:
    picture = Image.open(io.BytesIO(await file.read())).convert("L")
    pixels = np.asarray(picture)
    return {"height": pixels.shape[0], "width": pixels.shape[1]}
