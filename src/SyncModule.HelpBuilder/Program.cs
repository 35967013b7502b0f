using SyncModule.HelpBuilder;

// SyncModule.HelpBuilder PAGES OUTPUT: makes PowerShell's help of the pages in docs/cmdlets. Run by the build of the module.
if (args is not [var pages, var output])
{
    Console.Error.WriteLine("usage: SyncModule.HelpBuilder PAGES OUTPUT");
    return 64;
}

try
{
    HelpFolder.Build(pages, output);
    return 0;
}
catch (PageException e)
{
    // The form that build logs and editors take for an error with a place.
    Console.Error.WriteLine($"{e.File}: error HELP001: {e.Message}");
    return 1;
}
