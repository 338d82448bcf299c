/**
 * `Cache-Control` as a list of directives (RFC 9111 §5.2): names case-insensitive, arguments as token or quoted string.
 * A directive with a malformed argument is kept, with an argument that no reader of numbers will accept: it must not
 * vanish, since an unreadable `max-age` means stale (§4.2.1) and not "no max-age".
 */
export type Directives = ReadonlyMap<string, string | true>

const directive = /[\s,]*([^\s,="]*)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[^,]*/gy

/** Directives whose bare form is stricter than the form with an argument (§5.2.2.4, §5.2.2.7). */
const stricterBare = new Set(['no-cache', 'private'])

export function parseDirectives(value: string): Directives {
  const found = new Map<string, string | true>()
  directive.lastIndex = 0
  while (directive.lastIndex < value.length) {
    const [, rawName = '', quoted, token] = directive.exec(value) ?? []
    const name = rawName.toLowerCase()
    const argument = quoted?.replace(/\\(.)/g, '$1') ?? token ?? true
    // §4.2.1: of a repeated directive the first counts. What has no name is skipped up to the next comma.
    if (name !== '' && (!found.has(name) || (argument === true && stricterBare.has(name)))) {
      found.set(name, argument)
    }
  }
  return found
}

/** Above this a lifetime is "forever" (RFC 9111 §1.2.2). */
const deltaSecondsMax = 2_147_483_648

/** Non-negative integer seconds; `undefined` for anything else (RFC 9111 §1.2.2). */
export function deltaSeconds(argument: string | true | undefined): number | undefined {
  if (typeof argument !== 'string' || !/^\d+$/.test(argument)) return undefined
  return Math.min(Number(argument), deltaSecondsMax)
}
