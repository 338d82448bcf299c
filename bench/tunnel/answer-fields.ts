/**
 * Fields of the origin's answer, as `cloudflared` puts them into one field of its own (connection/header.go,
 * `SerializeHeaders`): `NAME:VALUE` in unpadded base64, separated by semicolons.
 *
 * @throws RangeError for a pair without a colon
 */
export function parseAnswerFields(text: string): string[] {
  const fields: string[] = []
  for (const pair of text.split(';')) {
    if (pair === '') continue
    const colon = pair.indexOf(':')
    if (colon < 0) throw new RangeError('a field without a colon')
    fields.push(decode(pair.slice(0, colon)), decode(pair.slice(colon + 1)))
  }
  return fields
}

const decode = (text: string): string => Buffer.from(text, 'base64').toString('latin1')
