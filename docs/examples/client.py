"""Sends a picture to the service: python docs/examples/client.py PICTURE [SERVER]."""

import base64
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def read(picture: bytes, server: str = "http://localhost:8000") -> dict:
    """Returns the service's answer. Its errors are JSON too; ``detail`` says what was wrong."""
    body = json.dumps({"image": base64.b64encode(picture).decode()}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server}/predict", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code}: {json.load(error)['detail']}")
    except urllib.error.URLError as error:
        sys.exit(f"{server} does not answer: {error.reason}")


answer = read(Path(sys.argv[1]).read_bytes(), *sys.argv[2:])
print(answer["reading"], f"{answer['confidence']:.4f}")
for warning in answer["warnings"]:
    print(warning["code"], warning["detail"])
