"""The usual FastAPI service: an upload, Pillow, the eager network.

uvicorn benchmarks.baselines.plain_fastapi:app
"""

from fastapi import FastAPI, UploadFile

from benchmarks.baselines.network import load_reader, read, to_tensor

app = FastAPI()
reader = load_reader()


@app.post("/predict")
async def predict(file: UploadFile) -> dict[str, object]:
    return read(reader, to_tensor(await file.read())[None])[0]
