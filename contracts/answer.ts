import { ContractError } from './errors.ts'
import { isObject, type JsonObject } from './json-rpc.ts'

/** A block as TON names it. `shard` as a signed 64-bit number, the whole workchain being -2^63. */
export interface BlockId {
  readonly workchain: number
  readonly shard: bigint
  readonly seqno: number
  readonly rootHash: Uint8Array
  readonly fileHash: Uint8Array
}

export const MASTERCHAIN = -1
/** The shard that is a whole workchain. */
export const WHOLE_SHARD = -(2n ** 63n)

/** Readers of an answer's members; what is not there or not of its kind is CHAIN_MALFORMED. */
export function readObject(value: unknown, name: string): JsonObject {
  return isObject(value) ? value : refuse(name)
}

export function readNumber(object: JsonObject, name: string): number {
  const value = object[name]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : refuse(name)
}

/** Block numbers and times: TON has 32 bits for each. */
export function readUint32(object: JsonObject, name: string): number {
  const value = readNumber(object, name)
  return value >= 0 && value <= 0xffff_ffff ? value : refuse(name)
}

export function readText(object: JsonObject, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : refuse(name)
}

/** `ton.blockIdExt`: hashes in base64, the shard in decimal digits. */
export function readBlockId(value: unknown): BlockId {
  const object = readObject(value, 'block id')
  return {
    workchain: readNumber(object, 'workchain'),
    shard: readShard(readText(object, 'shard')),
    seqno: readUint32(object, 'seqno'),
    rootHash: readHash(readText(object, 'root_hash'), 'base64'),
    fileHash: readHash(readText(object, 'file_hash'), 'base64')
  }
}

export function readShard(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text)) refuse('shard')
  return BigInt.asIntN(64, BigInt(text))
}

export function readHash(text: string, encoding: 'base64' | 'hex'): Uint8Array {
  const bytes = Buffer.from(text, encoding)
  return bytes.length === 32 ? bytes : refuse('hash')
}

export function refuse(name: string): never {
  throw new ContractError('CHAIN_MALFORMED', `the answer's ${name} is missing or not what it should be`)
}
