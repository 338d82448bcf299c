import { hash } from 'node:crypto'
import { type KeyAnswer, keyIdLength, keySecretLength, keyText } from '@spillway/origin/contract'

/** API keys that the stub origin knows. */

/** Id of a user's key. */
export const stubKeyId = (user: number): string => `user${String(user).padStart(keyIdLength - 4, '0')}`

/** The key of an id: each has the same secret. */
export const stubKey = (id: string): string => keyText(id, 'b'.repeat(keySecretLength))

/** The answer of an origin whose keys have the scope of the bench's tokens, and never change. */
export const answerAboutKey = (id: string | undefined): KeyAnswer => ({
  ...{ changed: [], isCut: false },
  ...(id !== undefined && {
    key: {
      ...{ revision: '1', subject: `key:${id}`, scopes: ['places:write'], claims: {}, isRevoked: false },
      issuedAtSeconds: 0,
      secrets: [{ hash: hash('sha256', stubKey(id), 'base64url'), untilMs: Date.now() + 86_400_000 }],
    },
  }),
})
