import { Type } from 'typebox'

/** Subject of a person's token. */
export const personId = (description: string) => Type.String({ minLength: 1, maxLength: 255, description })

/** Id of another document. */
export const documentId = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description })

export const centsMax = 100_000_000

/** Amount of money, in cents. */
export const cents = (description: string) => Type.Integer({ minimum: 0, maximum: centsMax, description })

export const day = (description: string) => Type.String({ format: 'date', description })
