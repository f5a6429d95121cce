/** "Amazon Web Services", with a small mark of our own making. */
export function AwsLogo() {
  return (
    <span className="cloud">
      <svg width="28" height="20" viewBox="0 0 28 20" aria-hidden="true" focusable="false">
        <text x="14" y="11" textAnchor="middle" fontSize="11" fontWeight="700" fill="currentColor">
          aws
        </text>
        <path d="M4 14c6 5 14 5 20 0" fill="none" stroke="#ec7211" strokeWidth="2" strokeLinecap="round" />
      </svg>
      Amazon Web Services
    </span>
  );
}
