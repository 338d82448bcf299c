/** Facts about an answer by which its viewers are admitted. */
export type Attributes = Readonly<Record<string, unknown>>

/** Parses a field with a JSON object; `undefined` if there is none: then the answer is for its requester's key alone. */
export function parseAttributes(value: string | null): Attributes | undefined {
  if (value === null) return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    // The cast is safe: it is a JSON object, and each member is checked where it is compared.
    return isObject ? (parsed as Attributes) : undefined
  } catch {
    return undefined
  }
}
