import { limits } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { declaresTooMuch, RequestBody } from './request-body.ts'

const chunks = (...sizes: number[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(size % 251))
      controller.close()
    },
  })

const never = (): void => {
  throw new Error('must not be broken off')
}

const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<number> =>
  (await new Response(stream).arrayBuffer()).byteLength

describe('request body', () => {
  it('streams whole, and again from its start', async () => {
    const body = new RequestBody(() => chunks(10, 20, 30))
    expect(body.isComplete).toBe(false)
    expect(await bytesOf(body.stream(never))).toBe(60)
    expect(body.isComplete).toBe(true)
    expect(await bytesOf(body.stream(never))).toBe(60)
  })

  it('streams again from its start after breaking off in the middle', async () => {
    const body = new RequestBody(() => chunks(10, 20, 30))
    const first = body.stream(never).getReader()
    await first.read()
    expect(await bytesOf(body.stream(never))).toBe(60)
  })

  it('buffers single bytes in one array', async () => {
    const body = new RequestBody(() => chunks(...Array.from({ length: 5_000 }, () => 1)))
    await body.readWhole()
    expect(body.isComplete).toBe(true)
    const again = body.stream(never).getReader()
    expect((await again.read()).value).toEqual(new Uint8Array(5_000).fill(1))
    expect((await again.read()).done).toBe(true)
  })

  it('is not read whole when it is too large or breaks off', async () => {
    const large = new RequestBody(() => chunks(limits.bodyBytesMax, 1))
    await expect(large.readWhole()).rejects.toThrow(RangeError)
    expect([large.isTooLarge, large.isComplete]).toEqual([true, false])
    const broken = new RequestBody(
      () => new ReadableStream({ pull: (controller) => controller.error('left') }),
    )
    await expect(broken.readWhole()).rejects.toBe('left')
    expect([broken.isTooLarge, broken.isComplete]).toEqual([false, false])
  })

  it('is read at once when it is short', async () => {
    const taken = (size: number) => async () => new Uint8Array(size).fill(7).buffer
    const body = new RequestBody(() => chunks(20), taken(20))
    await body.readWhole()
    expect([body.isComplete, body.bytes]).toEqual([true, new Uint8Array(20).fill(7)])
    const large = new RequestBody(() => chunks(20), taken(limits.bodyBytesMax + 1))
    await expect(large.readWhole()).rejects.toThrow(RangeError)
    expect([large.isTooLarge, large.isComplete]).toEqual([true, false])
  })

  it('may be as large as the limit', async () => {
    const body = new RequestBody(() => chunks(limits.bodyBytesMax - 1, 1))
    expect(await bytesOf(body.stream(never))).toBe(limits.bodyBytesMax)
    expect(body.isTooLarge).toBe(false)
  })

  it('aborts the request beyond the limit, and never ends it', async () => {
    const body = new RequestBody(() => chunks(limits.bodyBytesMax, 1))
    let broken = false
    const reader = body
      .stream(() => {
        broken = true
      })
      .getReader()
    await reader.read()
    const end = reader.read().then(() => 'ended')
    expect(await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20, 'open'))])).toBe('open')
    expect([broken, body.isTooLarge, body.isComplete]).toEqual([true, true, false])
  })

  it('aborts the request when the client aborts', async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('client left'))
      },
    })
    const body = new RequestBody(() => failing)
    await new Promise<void>((resolve) => void body.stream(resolve).getReader().read())
    expect([body.isTooLarge, body.isComplete]).toEqual([false, false])
  })

  it.each([
    [null, false],
    ['0', false],
    [String(limits.bodyBytesMax), false],
    [String(limits.bodyBytesMax + 1), true],
    ['9'.repeat(400), true],
    ['12, 12', true],
    ['many', true],
  ])('Content-Length %j declares too much: %s', (contentLength, expected) => {
    expect(declaresTooMuch(contentLength)).toBe(expected)
  })
})
