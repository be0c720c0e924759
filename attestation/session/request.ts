export { type RequestWish, type SealedRequest, sealRequest } from './client-request.ts'
export { openRequest, type RequestOpener } from './host-request.ts'
export { affinityOf, encodeMeta, MAX_INPUT, type Meta, parseMeta } from './meta.ts'
export type { Wrap } from './wrap.ts'
