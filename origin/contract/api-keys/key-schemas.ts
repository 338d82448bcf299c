import { Type } from 'typebox'

export const time = (description: string) => Type.String({ format: 'date-time', description })

/** Members that everybody who issues a key chooses. */
export const chosen = {
  name: Type.String({ minLength: 1, maxLength: 100, description: 'Name for people, such as the machine’s.' }),
  scopes: Type.Array(Type.String({ pattern: '^[!#-\\[\\]-~]{1,128}$' }), {
    maxItems: 64,
    description: 'Scopes, as of an access token (RFC 6749 §3.3).',
  }),
}
