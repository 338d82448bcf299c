/** An error of Cloudflare's API, by its own code. */
export class Refused extends Error {
  readonly status: number
  readonly code: number
  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface ApiRequest {
  readonly method: string
  /** Below the account, or below the API. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Buffer
}

/** A part of the API: answers a request of its own, and leaves others. */
export type Part = (request: ApiRequest) => { readonly result: unknown } | undefined

/** Body of a change, whose members must be these: the real service refuses others, or takes them for nothing. */
export function bodyOf(
  { body }: ApiRequest,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  const fields: Record<string, unknown> = JSON.parse(body.toString())
  const missing = required.filter((name) => fields[name] === undefined)
  const unknown = Object.keys(fields).filter((name) => ![...required, ...optional].includes(name))
  if (missing.length + unknown.length > 0)
    throw new Refused(400, 1004, `missing: ${missing.join()}; unknown: ${unknown.join()}`)
  return fields
}
