import { Address } from '@ton/core'
import { isObject, type JsonObject } from '../json-rpc.ts'
import { unreadable } from './rpc-error.ts'

/** Parameters of a request, read one by one; what is missing or of another kind is refused with 422, as toncenter does. */
export interface Parameters {
  address(name: string): Address
  text(name: string): string
  optionalText(name: string): string | undefined
  integer(name: string, range: { readonly min: number; readonly max: number; readonly fallback?: number }): number
  optionalInteger(name: string): number | undefined
  /** Decimal digits, as a text or a number. */
  optionalAmount(name: string): bigint | undefined
  flag(name: string): boolean
  value(name: string): unknown
}

export function readParameters(params: unknown): Parameters {
  const object: JsonObject = params === undefined ? {} : isObject(params) ? params : refuse('params')
  const optionalText = (name: string): string | undefined => {
    const value = object[name]
    if (value === undefined || value === null) return undefined
    return typeof value === 'string' && value.length < 200_000 ? value : refuse(name)
  }
  const text = (name: string): string => optionalText(name) ?? refuse(name)
  const optionalInteger = (name: string): number | undefined => {
    const value = object[name]
    if (value === undefined || value === null) return undefined
    const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isSafeInteger(number) ? number : refuse(name)
  }
  return {
    text,
    optionalText,
    optionalInteger,
    address: (name) => readAddress(text(name), name),
    integer: (name, { min, max, fallback }) => {
      const value = optionalInteger(name) ?? fallback ?? refuse(name)
      return value < min || value > max ? refuse(name) : value
    },
    optionalAmount: (name) => {
      const value = object[name]
      if (value === undefined || value === null) return undefined
      return /^\d{1,20}$/.test(String(value)) ? BigInt(String(value)) : refuse(name)
    },
    flag: (name) => object[name] === true,
    value: (name) => object[name]
  }
}

export function readAddress(text: string, name: string): Address {
  try {
    return Address.parse(text)
  } catch {
    return refuse(name)
  }
}

function refuse(name: string): never {
  throw unreadable(`${name} is missing or not what it should be`)
}
