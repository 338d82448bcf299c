/** The renderer's one file, by name. The name has its version: browsers keep the file for a year. */
export const rendererFile = 'scalar-1.76.3.js'
