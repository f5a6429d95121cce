import Button from "@cloudscape-design/components/button";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import { useState } from "react";

import { Eye } from "./eye";

/** An input whose text is hidden until revealed. */
export function SecretInput({ label, ...input }: InputProps & { label: string }) {
  const [revealed, setRevealed] = useState(false);
  return (
    <div className="secret">
      {/* Not a password of this site: no password manager is to keep it or fill one in. */}
      <Input
        {...input}
        type={revealed ? "text" : "password"}
        autoComplete="off"
        nativeInputAttributes={{
          autoComplete: "new-password",
          "data-1p-ignore": "true",
          "data-lpignore": "true",
        }}
        spellcheck={false}
      />
      <Button
        iconSvg={<Eye hide={revealed} />}
        variant="icon"
        formAction="none"
        ariaLabel={revealed ? `Hide ${label}` : `Show ${label}`}
        onClick={() => setRevealed(!revealed)}
      />
    </div>
  );
}
