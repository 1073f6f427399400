/**
 * The frames of a camera or of a shared window, as a stream that can be transferred to a worker.
 * @module
 */

/**
 * The type of Chromium's `MediaStreamTrackProcessor`, which TypeScript's library lacks for pages.
 *
 * @typedef {new (options: {track: MediaStreamTrack, maxBufferSize: number}) =>
 *   {readable: ReadableStream<VideoFrame>}} TrackProcessor
 */

/**
 * Return the frames of a track as a stream.
 * @param {MediaStreamTrack} track
 * @returns {ReadableStream<VideoFrame> | null} Null if the browser has no such streams; the worker
 *   then requests single frames from its page.
 */
export function framesOf(track) {
  /** @type {TrackProcessor | undefined} */
  const Processor = Reflect.get(window, "MediaStreamTrackProcessor");
  return Processor ? new Processor({ track, maxBufferSize: 1 }).readable : null;
}
