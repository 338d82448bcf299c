/** Program: the required server, with all steps or with those up to one. */
import { originEnv } from '@spillway/origin/contract'
import { requiredSteps, requiredUpTo, stepsUpTo } from './required-steps.ts'
import { serveRequired } from './serve-required.ts'

const last = process.env[requiredUpTo] ?? Object.keys(requiredSteps).at(-1) ?? ''
await serveRequired(stepsUpTo(last), process.env[originEnv.edgeKeys] ?? '{"keys":[]}')
