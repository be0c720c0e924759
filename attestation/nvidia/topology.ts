import { encodeHex } from '../encoding.ts'
import type { VerifiedDevice } from './device.ts'
import { deviceLabel, gpuFeature, hasProtectedPcie, isLockedSwitch } from './mode.ts'
import { opaqueField } from './opaque.ts'

/**
 * Which devices a host must have: whatever they are (`any`); whatever they are, but a GPU that uses protected PCIe only with
 * the rest of its machine (`whole`); one GPU (`single`); the 8 GPUs and 4 switches of one machine (`ppcie`).
 */
export type TopologyRule = 'any' | 'whole' | 'single' | 'ppcie'

export const PPCIE_GPUS = 8
export const PPCIE_SWITCHES = 4
const PDI_LENGTH = 8
/** A switch's list of GPUs comes before its 64 ports. */
const SWITCH_GPU_PDIS_LENGTH = PPCIE_GPUS * PDI_LENGTH
/** What a link that leads to no switch has in the place of a PDI. */
const NO_PDI = '0000000000000000'

/**
 * Why these devices are not what the rule asks for; empty when they are. Protected PCIe leaves what passes between GPUs
 * in plain text on NVLink, so all of the machine's GPUs and switches must be here and name exactly each other.
 */
export function topologyFaults(devices: readonly VerifiedDevice[], rule: TopologyRule): readonly string[] {
  if (rule === 'any') return []
  const switches = devices.filter(({ arch }) => arch === 'LS10')
  const gpus = devices.filter(({ arch }) => arch !== 'LS10')
  if (rule === 'single') return singleFaults(gpus, switches)
  const isShared = switches.length > 0 || gpus.some((gpu) => hasProtectedPcie(gpu) || gpuFeature(gpu) === 'ppcie')
  return rule === 'whole' && !isShared ? [] : ppcieFaults(gpus, switches)
}

/** Devices that are here twice: the same chip under whatever firmware certificate. */
export function duplicatedDevices(devices: readonly VerifiedDevice[]): readonly VerifiedDevice[] {
  const seen = new Set<string>()
  return devices.filter(({ device }) => {
    const identity = encodeHex(device.identity)
    const isSecond = seen.has(identity)
    seen.add(identity)
    return isSecond
  })
}

function singleFaults(gpus: readonly VerifiedDevice[], switches: readonly VerifiedDevice[]): readonly string[] {
  const [gpu, ...more] = gpus
  if (gpu === undefined || more.length > 0 || switches.length > 0) {
    return [count(gpus, switches)]
  }
  const shares = gpuFeature(gpu) === 'mpt' || gpuFeature(gpu) === 'ppcie'
  return shares ? [`${deviceLabel(gpu.device)} shares its machine with other GPUs that are not here`] : []
}

function ppcieFaults(gpus: readonly VerifiedDevice[], switches: readonly VerifiedDevice[]): readonly string[] {
  if (gpus.length !== PPCIE_GPUS || switches.length !== PPCIE_SWITCHES) {
    return [count(gpus, switches)]
  }
  const gpuPdis = pdisOf(gpus)
  const switchPdis = pdisOf(switches)
  return [
    ...gpus.flatMap((gpu) => gpuFaults(gpu, switchPdis)),
    ...switches.flatMap((nvSwitch) => switchFaults(nvSwitch, gpuPdis))
  ]
}

function gpuFaults(gpu: VerifiedDevice, switchPdis: ReadonlySet<string>): readonly string[] {
  const name = deviceLabel(gpu.device)
  const links = splitPdis(opaqueField(gpu.report.response.opaque, 'pdi'), true)
  const feature = gpuFeature(gpu)
  return [
    ...(hasProtectedPcie(gpu) ? [] : [`${name}: protected PCIe is off`]),
    ...(feature === 'ppcie' || feature === 'single' ? [] : [`${name}: its mode is not protected PCIe`]),
    ...(isSameSet(links, switchPdis) ? [] : [`${name} is linked to other switches than those that are here`])
  ]
}

function switchFaults(nvSwitch: VerifiedDevice, gpuPdis: ReadonlySet<string>): readonly string[] {
  const name = deviceLabel(nvSwitch.device)
  const { opaque } = nvSwitch.report.response
  const own = splitPdis(opaqueField(opaque, 'pdi'), false)
  const links = splitPdis(opaqueField(opaque, 'switchGpuPdis')?.subarray(0, SWITCH_GPU_PDIS_LENGTH), false)
  return [
    ...(isLockedSwitch(nvSwitch) ? [] : [`${name} is not locked`]),
    ...(isSameSet(own, pdisOf([nvSwitch])) ? [] : [`${name} reports another PDI than its certificate`]),
    ...(isSameSet(links, gpuPdis) ? [] : [`${name} is linked to other GPUs than those that are here`])
  ]
}

function count(gpus: readonly VerifiedDevice[], switches: readonly VerifiedDevice[]): string {
  return `${gpus.length} GPU${gpus.length === 1 ? '' : 's'}, ${switches.length} switch${switches.length === 1 ? '' : 'es'}`
}

/** A device without a PDI is nobody's neighbour: it stands in the set as itself, and no list names it. */
function pdisOf(devices: readonly VerifiedDevice[]): ReadonlySet<string> {
  return new Set(devices.map(({ device }) => device.pdi ?? encodeHex(device.identity)))
}

/** The PDIs of a list, as certificates write them; GPUs list them with their bytes reversed. */
function splitPdis(bytes: Uint8Array | undefined, isReversed: boolean): ReadonlySet<string> {
  const pdis = new Set<string>()
  if (bytes === undefined) return pdis
  // Reversed as a whole they come in another order, which a set does not know.
  const text = encodeHex(isReversed ? bytes.toReversed() : bytes).toUpperCase()
  for (let at = 0; at < text.length; at += 2 * PDI_LENGTH) pdis.add(text.slice(at, at + 2 * PDI_LENGTH))
  pdis.delete(NO_PDI)
  return pdis
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member))
}
