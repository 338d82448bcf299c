import { describe, expect, test } from 'vitest'
import { readBoundedBody } from './bounded-body.ts'

const streamed = (chunks: readonly string[], fields: Record<string, string> = {}, after?: Error): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
        if (after === undefined) controller.close()
        else controller.error(after)
      },
    }),
    { headers: fields },
  )

const textOf = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined)

describe('a body with a limit', () => {
  test.each([
    ['declared', { 'content-length': '5' }],
    ['not declared', {}],
    ['encoded', { 'content-length': '1', 'content-encoding': 'x' }],
  ])('that fits is read: %s', async (_, fields) => {
    const body = await readBoundedBody(streamed(['ab', 'cde'], fields as Record<string, string>), 5)
    expect(body.kind === 'complete' && textOf(body.bytes)).toBe('abcde')
  })

  test.each([
    ['declared', { 'content-length': '6' }],
    ['not declared', {}],
    ['larger once decoded', { 'content-length': '1', 'content-encoding': 'x' }],
  ])('that does not fit is passed on whole: %s', async (_, fields) => {
    const body = await readBoundedBody(streamed(['ab', 'cdef', 'gh'], fields as Record<string, string>), 5)
    expect(body.kind === 'larger' && (await new Response(body.stream).text())).toBe('abcdefgh')
  })

  test('a response without body yields null', async () => {
    expect(await readBoundedBody(new Response(null, { status: 204 }), 5)).toEqual({
      kind: 'complete',
      bytes: null,
    })
  })

  test('a body that breaks off rejects (RFC 9111 §3.3)', async () => {
    await expect(readBoundedBody(streamed(['ab'], {}, new Error('reset')), 5)).rejects.toThrow('reset')
  })
})
