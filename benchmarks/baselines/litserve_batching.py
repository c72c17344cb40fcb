"""LitServe with batching and the eager network.

python -m benchmarks.baselines.litserve_batching PORT
"""

import sys

import litserve
from torch import Tensor

from benchmarks.baselines.network import load_reader, read, to_tensor


class GridAPI(litserve.LitAPI):
    """The steps that LitServe calls in its worker; it stacks and splits batches itself."""

    def setup(self, device: str) -> None:  # noqa: ARG002  (there is the CPU alone)
        self.reader = load_reader()

    # An annotation of ``request`` would change how LitServe parses it.
    def decode_request(self, request) -> Tensor:
        return to_tensor(request["file"].file.read())

    def predict(self, x: Tensor) -> list[dict[str, object]]:
        return read(self.reader, x)

    def encode_response(self, output: dict[str, object]) -> dict[str, object]:
        return output


if __name__ == "__main__":
    api = GridAPI(max_batch_size=32, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
