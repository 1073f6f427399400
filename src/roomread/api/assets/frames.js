/**
 * The frames of a camera or of a shared window, as a stream that a worker can take.
 * @module
 */

/**
 * What no library of types has for pages: Chromium's `MediaStreamTrackProcessor`.
 *
 * @typedef {new (options: {track: MediaStreamTrack, maxBufferSize: number}) =>
 *   {readable: ReadableStream<VideoFrame>}} TrackProcessor
 */

/**
 * @param {MediaStreamTrack} track
 * @returns {ReadableStream<VideoFrame> | null} Null where the browser has no such stream: the
 *   worker then asks its page for single frames.
 */
export function framesOf(track) {
  /** @type {TrackProcessor | undefined} */
  const Processor = Reflect.get(window, "MediaStreamTrackProcessor");
  return Processor ? new Processor({ track, maxBufferSize: 1 }).readable : null;
}
