/** Compute the rotation of a face in the picture plane from its landmarks. */

/** @typedef {[number, number]} Point x and y, px. */

/**
 * @typedef {object} Box
 * @property {number} left px.
 * @property {number} top px.
 * @property {number} right px.
 * @property {number} bottom px.
 */

/**
 * @typedef {object} Orientation
 * @property {number} roll Degrees clockwise, -180..180; 0 is upright.
 * @property {Point} center The centre of the face, px.
 * @property {number} height Height of the face along its axis, px.
 * @property {number} misfit Distance of the landmarks from the fit over their spread, 0..1.
 */

/**
 * Return the rotation of a face by a least-squares similarity transform (Umeyama 1991).
 *
 * @param {readonly Point[]} landmarks Five points in the order of the detector, px.
 * @param {readonly Point[]} upright The same points of an upright face, in face heights from its
 *   centre.
 * @returns {Orientation}
 */
export function orientation(landmarks, upright) {
  const middle = mean(landmarks);
  const origin = mean(upright);
  let real = 0;
  let imaginary = 0;
  let norm = 0;
  for (let i = 0; i < landmarks.length; i++) {
    const [ax, ay] = [upright[i][0] - origin[0], upright[i][1] - origin[1]];
    const [bx, by] = [landmarks[i][0] - middle[0], landmarks[i][1] - middle[1]];
    real += ax * bx + ay * by;
    imaginary += ax * by - ay * bx;
    norm += ax * ax + ay * ay;
  }
  real /= norm;
  imaginary /= norm;
  let size = 0;
  let rest = 0;
  for (let i = 0; i < landmarks.length; i++) {
    const [ax, ay] = [upright[i][0] - origin[0], upright[i][1] - origin[1]];
    const [bx, by] = [landmarks[i][0] - middle[0], landmarks[i][1] - middle[1]];
    size += bx * bx + by * by;
    rest += (bx - (real * ax - imaginary * ay)) ** 2 + (by - (real * ay + imaginary * ax)) ** 2;
  }
  return {
    roll: (Math.atan2(imaginary, real) * 180) / Math.PI,
    center: [
      middle[0] - (real * origin[0] - imaginary * origin[1]),
      middle[1] - (real * origin[1] + imaginary * origin[0]),
    ],
    height: Math.hypot(real, imaginary),
    misfit: size > 0 ? Math.sqrt(rest) / Math.sqrt(size) : 1,
  };
}

/**
 * Return a point rotated clockwise around the origin.
 *
 * @param {Point} point
 * @param {number} degrees
 * @returns {Point}
 */
export function turned(point, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos];
}

/**
 * Return the upright box around a rotated face, which is approximated by an ellipse.
 *
 * @param {Orientation} seen
 * @param {number} aspect Width of a face over its height.
 * @returns {Box}
 */
export function boundingBox(seen, aspect) {
  const angle = (seen.roll * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const width = aspect * seen.height;
  const halfWidth = Math.hypot(width * cos, seen.height * sin) / 2;
  const halfHeight = Math.hypot(width * sin, seen.height * cos) / 2;
  const [x, y] = seen.center;
  return { left: x - halfWidth, top: y - halfHeight, right: x + halfWidth, bottom: y + halfHeight };
}

/**
 * Return the mean of points.
 * @param {readonly Point[]} points
 * @returns {Point}
 */
function mean(points) {
  let [x, y] = [0, 0];
  for (const point of points) {
    x += point[0];
    y += point[1];
  }
  return [x / points.length, y / points.length];
}
