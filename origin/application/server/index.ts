import { defineServer } from '@spillway/origin/server'
import { adjust } from './adjust-population.ts'

/** Code of the application's actions. The origin's alone: the Worker's bundle does not hold it. */
export const server = defineServer(adjust)
