import Button from "@cloudscape-design/components/button";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import { useState } from "react";

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
        iconName={revealed ? "lock-private" : "view-full"}
        variant="icon"
        formAction="none"
        ariaLabel={revealed ? `Hide ${label}` : `Show ${label}`}
        onClick={() => setRevealed(!revealed)}
      />
    </div>
  );
}
