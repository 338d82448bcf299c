/** The test kit: an application in a test, in milliseconds. */
export type { RecordedEvent } from './recorded-events.ts'
export { type Caller, startTestApi, type TestApi, type TestApiOptions } from './test-api.ts'
export type { TestClock } from './test-clock.ts'
export type { FailedWork } from './test-work.ts'
