import { type Directives, parseDirectives } from './directives.ts'

/**
 * `Surrogate-Control` (W3C Edge Architecture Specification 1.0 §2.2), the ancestor of RFC 9213 that many origins still
 * send: `max-age=60+30;device, no-store`. A directive with another device's name is not ours; `max-age=60+30` is fresh
 * for 60 seconds and usable stale for 30 more.
 *
 * @param device our name, as announced in `Surrogate-Capability`
 * @returns `undefined` when no directive applies here
 */
export function parseSurrogateControl(value: string, device: string): Directives | undefined {
  const found = new Map<string, string | true>()
  for (const part of value.split(',')) {
    const [text = '', target] = part.split(';', 2)
    if (target !== undefined && target.trim() !== device) continue
    for (const [name, argument] of parseDirectives(text)) {
      const extended =
        name === 'max-age' && typeof argument === 'string' ? /^(\d+)\+(\d+)$/.exec(argument) : null
      if (extended === null) found.set(name, argument)
      else found.set('max-age', extended[1] ?? '').set('stale-while-revalidate', extended[2] ?? '')
    }
  }
  // `content="ESI/1.0"` and unknown directives alone say nothing about storage.
  return found.has('max-age') || found.has('no-store') ? found : undefined
}

/** `Surrogate-Capability` for requests to the origin (§2.1). */
export const surrogateCapability = (device: string): string => `${device}="Surrogate/1.0"`
