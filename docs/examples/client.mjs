// Sends a picture to the service: node docs/examples/client.mjs PICTURE [SERVER]
import { readFile } from 'node:fs/promises';

async function read(picture, server = 'http://localhost:8000') {
  const form = new FormData();
  form.append('file', picture);
  const response = await fetch(`${server}/predict`, { method: 'POST', body: form });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status}: ${answer.detail}`);
  return answer;
}

const [file, server] = process.argv.slice(2);
try {
  const answer = await read(new Blob([await readFile(file)]), server);
  console.log(answer.reading, answer.confidence.toFixed(4));
  for (const warning of answer.warnings) console.log(warning.code, warning.detail);
} catch (error) {
  console.error(error.message, error.cause?.message ?? '');
  process.exitCode = 1;
}
