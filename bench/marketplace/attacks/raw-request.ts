import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { World } from '../world.ts'
import { secret } from './attack.ts'

/** An answer as it came. */
export interface Raw {
  readonly status: number
  readonly fields: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Sends the path as it is, which `fetch` would tidy up. */
export function ask(
  { url }: World,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Raw> {
  const { hostname, port } = new URL(url)
  const isWrite = method === 'POST' || method === 'PUT' || method === 'PATCH'
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return new Promise((resolve, reject) => {
    const sent = {
      hostname,
      port,
      method,
      path,
      headers: { ...headers, ...(isWrite && { 'content-type': type }) },
    }
    const asked = request(sent, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, fields: answer.headers, text }))
    })
    asked.on('error', reject)
    asked.end(isWrite ? '{}' : undefined)
  })
}

/** An answer without its request id, its time, and the document's own id. */
export function telling({ status, fields, text }: Raw, id: string): unknown {
  const shown = Object.entries(fields)
    .filter(([name]) => !['date', 'x-request-id', 'age'].includes(name))
    .map(([name, value]) => [
      name,
      String(value)
        .replaceAll(id, 'ID')
        .replace(/ttl=\d+/, 'ttl')
        .replaceAll(/[\w-]{22}\.listings-\w+/g, 'token'),
    ])
  const body = text.replaceAll(id, 'ID').replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'request')
  assert.ok(!text.includes(secret) && status < 500, `${status} ${text}`)
  return [status, shown, body]
}
