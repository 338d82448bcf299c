/** Request: `1` asks for `Server-Timing` in the answer. */
export const timingHeader = 'spillway-timing'
