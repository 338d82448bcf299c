import type { Logger } from 'pino'
import type { DeliveryObservation } from './subscriber.ts'

const texts = {
  began: 'this process delivers events',
  failed: 'an event could not be delivered: it is tried again',
  dead: 'an event is given up: npm run deliveries lists and repeats it',
  missed: 'events have expired before they were delivered',
  interrupted: 'deliveries were interrupted: they go on',
} as const

/** Says in the log what happens to deliveries. */
export const logDeliveries =
  (logger: Pick<Logger, 'info' | 'warn' | 'error'>) =>
  ({ kind, ...details }: DeliveryObservation): void => {
    const level = kind === 'began' ? 'info' : kind === 'dead' || kind === 'missed' ? 'error' : 'warn'
    logger[level](details, texts[kind])
  }
