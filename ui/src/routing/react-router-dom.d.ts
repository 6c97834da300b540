/** The one function of the host's router that is used, so that the router need not be installed to build. */
declare module "react-router-dom" {
  export function useSearchParams(): [
    URLSearchParams,
    (parameters: URLSearchParams, options: { replace: boolean }) => void,
  ];
}
