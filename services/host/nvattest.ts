import { execFile } from 'node:child_process'
import type { DeviceArchitecture, DeviceEvidence } from '../../attestation/bundle.ts'
import { decodeBase64, encodeHex } from '../../attestation/encoding.ts'
import { ServiceError } from '../runtime/errors.ts'

/** Runs NVIDIA's `nvattest` and gives what it writes to standard output. */
export type RunNvattest = (parameters: readonly string[]) => Promise<string>

/** More than 8 GPUs and 4 switches take; what writes more is another program. */
const MOST_OUTPUT = 4 * 1024 * 1024
const LIMIT_MS = 60_000
const ARCHITECTURES: readonly DeviceArchitecture[] = ['HOPPER', 'BLACKWELL', 'LS10']

/** `program`: a path, or a name that PATH knows. Refuses with DEVICE_LIBRARY_MISSING, DEVICE_REFUSED. */
export function nvattestProgram(program: string): RunNvattest {
  return (parameters) =>
    new Promise((resolve, reject) => {
      const options = { timeout: LIMIT_MS, maxBuffer: MOST_OUTPUT, encoding: 'utf8' } as const
      execFile(program, [...parameters], options, (error, output) => {
        if (error === null) resolve(output)
        else reject(refusalOf(program, error))
      })
    })
}

/** Evidence of all GPUs, or of all NVSwitches, as `nvattest collect-evidence` prints it. Refuses with DEVICE_REFUSED. */
export async function collectWithNvattest(
  run: RunNvattest,
  kind: 'gpu' | 'nvswitch',
  nonce: Uint8Array
): Promise<readonly DeviceEvidence[]> {
  const parameters = ['collect-evidence', '--device', kind, '--nonce', encodeHex(nonce), '--format', 'json']
  return parseNvattestEvidence(await run(parameters))
}

/** Reads the document of `collect-evidence`, or the list that it holds. Whether the evidence is good it does not say. */
export function parseNvattestEvidence(text: string): readonly DeviceEvidence[] {
  const document = readJson(text)
  const wrapper = isObject(document) ? document : { evidences: document, result_code: 0 }
  const result = wrapper['result_code']
  if (result !== 0)
    throw refused(`result ${JSON.stringify(result)}: ${JSON.stringify(wrapper['result_message'] ?? '')}`)
  const { evidences } = wrapper
  if (!Array.isArray(evidences) || evidences.length === 0) throw refused('it lists no device')
  return evidences.map(readEvidence)
}

function readEvidence(entry: unknown): DeviceEvidence {
  if (!isObject(entry)) throw refused('a device is no object')
  const name = String(entry['arch']).toUpperCase()
  const arch = ARCHITECTURES.find((known) => known === name)
  if (arch === undefined) throw refused(`architecture ${JSON.stringify(entry['arch'])}`)
  return { arch, certificate: readBytes(entry, 'certificate'), evidence: readBytes(entry, 'evidence') }
}

function readBytes(entry: { readonly [member: string]: unknown }, member: string): Uint8Array {
  const text = entry[member]
  try {
    if (typeof text === 'string' && text !== '') return decodeBase64(text)
  } catch (cause) {
    throw refused(`${member} is not base64`, cause)
  }
  throw refused(`a device without ${member}`)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refused('what it prints is not JSON', cause)
  }
}

function refusalOf(program: string, error: Error): ServiceError {
  if ('code' in error && error.code === 'ENOENT') {
    return new ServiceError('DEVICE_LIBRARY_MISSING', `${program} is not installed in this guest`, { cause: error })
  }
  return refused('it ends with an error', error)
}

function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(message: string, cause?: unknown): ServiceError {
  return new ServiceError('DEVICE_REFUSED', `nvattest: ${message}`, cause === undefined ? {} : { cause })
}
