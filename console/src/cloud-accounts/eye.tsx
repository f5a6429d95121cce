/** An eye, struck through while it is of use to hide. */
export function Eye({ hide }: { hide: boolean }) {
  return (
    <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
      <path d="M1.5 8C3 5 5.3 3.5 8 3.5S13 5 14.5 8C13 11 10.7 12.5 8 12.5S3 11 1.5 8Z" />
      <circle cx="8" cy="8" r="2" />
      {hide && <path d="m2.5 14 11-12" />}
    </svg>
  );
}
