/** Where an element lies in its document. Ordered: the lowest copy of a version is the one that stays. */
export interface Place {
  readonly client: number;
  readonly clock: number;
}

export function placeKey(place: Place): string {
  return `${place.client}:${place.clock}`;
}
