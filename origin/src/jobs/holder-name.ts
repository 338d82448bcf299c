import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'

/** A name for this process that an operator recognizes, unique among all. */
export const holderName = (): string => `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`
