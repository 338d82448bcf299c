/**
 * The limit: what the runtime itself costs for the very answer that ours gives, byte for byte but for the request id. It
 * looks at nothing of the request.
 */
interface Bindings {
  /** JSON: `{ status, fields, body }`. */
  readonly ANSWER: string
}

let answer: { readonly status: number; readonly fields: Headers; readonly body: Uint8Array } | undefined

function read(text: string): NonNullable<typeof answer> {
  const { status, fields, body } = JSON.parse(text)
  return { status, fields: new Headers(fields), body: new TextEncoder().encode(body) }
}

export default {
  fetch(_request: Request, { ANSWER }: Bindings): Response {
    answer ??= read(ANSWER)
    return new Response(answer.body, { status: answer.status, headers: answer.fields })
  },
}
