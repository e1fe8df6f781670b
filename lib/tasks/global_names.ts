/**
 * The names of globals, as a function that is sent to a worker may use them.
 *
 * @module
 */

/**
 * Globals of Deno and Bun that a function uses as such. Taken from the threads of both; a
 * test compares the list with the runtime that it runs on. Not read from `globalThis`, which
 * has the names that the program added as well.
 */
export const GLOBAL_NAMES: ReadonlySet<string> = setOf(`
  AbortController AbortSignal AggregateError Array ArrayBuffer
  AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Blob
  Boolean BroadcastChannel Buffer BuildError BuildMessage Bun
  ByteLengthQueuingStrategy CacheStorage CloseEvent CompressionStream
  CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DOMMatrix
  DOMMatrixReadOnly DOMPoint DOMPointReadOnly DOMQuad DOMRect DOMRectReadOnly
  DataView Date DecompressionStream DedicatedWorkerGlobalScope Deno
  DisposableStack Error ErrorEvent EvalError Event EventSource EventTarget
  File FileReader FinalizationRegistry Float16Array Float32Array Float64Array
  FormData Function GPU GPUAdapter GPUAdapterInfo GPUBindGroup
  GPUBindGroupLayout GPUBuffer GPUBufferUsage GPUCanvasContext GPUColorWrite
  GPUCommandBuffer GPUCommandEncoder GPUCompilationInfo GPUCompilationMessage
  GPUComputePassEncoder GPUComputePipeline GPUDevice GPUDeviceLostInfo
  GPUError GPUInternalError GPUMapMode GPUOutOfMemoryError GPUPipelineError
  GPUPipelineLayout GPUQuerySet GPUQueue GPURenderBundle
  GPURenderBundleEncoder GPURenderPassEncoder GPURenderPipeline GPUSampler
  GPUShaderModule GPUShaderStage GPUSupportedFeatures GPUSupportedLimits
  GPUTexture GPUTextureUsage GPUTextureView GPUUncapturedErrorEvent
  GPUValidationError HTMLRewriter Headers ImageBitmap
  ImageBitmapRenderingContext ImageData Infinity Int16Array Int32Array
  Int8Array Intl Iterator JSON LockManager Map Math MessageChannel
  MessageEvent MessagePort NaN Navigator NavigatorUAData Number Object
  OffscreenCanvas Performance PerformanceEntry PerformanceMark
  PerformanceMeasure PerformanceObserver PerformanceObserverEntryList
  PerformanceResourceTiming PerformanceServerTiming PerformanceTiming
  ProgressEvent Promise PromiseRejectionEvent Proxy QuotaExceededError
  RangeError ReadableByteStreamController ReadableStream
  ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader ReferenceError
  Reflect RegExp Request ResolveError ResolveMessage Response Set ShadowRealm
  SharedArrayBuffer String SubtleCrypto SuppressedError Symbol SyntaxError
  Temporal TextDecoder TextDecoderStream TextEncoder TextEncoderStream
  TransformStream TransformStreamDefaultController TypeError URIError URL
  URLPattern URLSearchParams Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly WebSocket Worker
  WorkerLocation WorkerNavigator WritableStream
  WritableStreamDefaultController WritableStreamDefaultWriter
  addEventListener atob btoa caches clearImmediate clearInterval clearTimeout
  console createImageBitmap crypto decodeURI decodeURIComponent dispatchEvent
  encodeURI encodeURIComponent eval fetch global globalThis isFinite isNaN
  localStorage navigator parseFloat parseInt performance postMessage process
  queueMicrotask removeEventListener reportError sessionStorage setImmediate
  setInterval setTimeout structuredClone undefined
`);

/** Globals whose names code nearly always means as its own variables. */
export const AMBIGUOUS_NAMES: ReadonlySet<string> = setOf(`
  Cache Location Lock Storage Window alert close closed confirm escape event
  history length location name open origin parent print prompt screen self
  status stop top unescape
`);

/** Names that a function may use where it has tested them with `typeof`. */
export const ENVIRONMENT_NAMES: ReadonlySet<string> = setOf(`
  Bun Deno WorkerGlobalScope XMLHttpRequest define document exports
  importScripts module require self window
`);

function setOf(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\s+/));
}
