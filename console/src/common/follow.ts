import { useCallback } from "react";
import { useNavigate } from "react-router";

/** Handles a Cloudscape `onFollow`: addresses of the console are changed to without loading it anew. */
export function useFollow() {
  const navigate = useNavigate();
  return useCallback(
    (event: { preventDefault(): void; detail: { href?: string; external?: boolean } }) => {
      const { href, external } = event.detail;
      if (!href?.startsWith("/") || external) return;
      event.preventDefault();
      void navigate(href);
    },
    [navigate],
  );
}
